"""The form of a profile: how a model is fed and read."""

from gui.targets.profiles.form import ProfileForm, ProfileFormContext

__all__ = ["ProfileForm", "ProfileFormContext"]
