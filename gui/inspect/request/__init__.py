"""What is sent by hand: the pane that makes it, the code for it, and what steers them."""

from gui.inspect.request.controller import RequestController
from gui.inspect.request.initial_form import first_form, media_of
from gui.inspect.request.pane import RequestPane

__all__ = ["RequestController", "RequestPane", "first_form", "media_of"]
