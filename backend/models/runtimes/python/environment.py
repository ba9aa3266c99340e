"""What of the server's environment a Python model's process gets to see.

A list of what is allowed, so that a token, a password or a key that the server was started with
never reaches a model, whatever it is called.
"""

from __future__ import annotations

from collections.abc import Mapping

_NAMES = frozenset(
    {
        # who and where
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TEMP", "TMP", "TZ", "TZDIR",
        "XDG_CACHE_HOME", "HF_HOME", "TORCH_HOME",
        # language
        "LANG", "LANGUAGE",
        # Python itself
        "PYTHONPATH", "PYTHONHOME", "PYTHONHASHSEED", "PYTHONUTF8", "PYTHONIOENCODING",
        "PYTHONMALLOC", "PYTHONNOUSERSITE", "PYTHONUSERBASE", "PYTHONFAULTHANDLER",
        "VIRTUAL_ENV", "CONDA_PREFIX",
        # libraries and what they are trusted with
        "LD_LIBRARY_PATH", "LD_PRELOAD", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH",
        "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE",
        # threads and devices
        "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS", "NUMEXPR_MAX_THREADS",
        "NVIDIA_VISIBLE_DEVICES", "NVIDIA_DRIVER_CAPABILITIES",
        "ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ZE_AFFINITY_MASK",
        # Windows cannot start a program, or find its folders, without these
        "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE", "USERNAME",
        "HOMEDRIVE", "HOMEPATH", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "PROGRAMFILES",
        "PROGRAMFILES(X86)", "COMMONPROGRAMFILES", "NUMBER_OF_PROCESSORS",
        "PROCESSOR_ARCHITECTURE", "PROCESSOR_IDENTIFIER",
        # macOS
        "__CF_USER_TEXT_ENCODING",
    }
)  # fmt: skip
_BEGINNINGS = (
    "LC_",
    "OMP_",
    "KMP_",
    "MKL_",
    "OPENBLAS_",
    "GOTO_",
    "BLIS_",
    "MALLOC_",
    "CUDA_",
    "OPENCV_",
)
"""Of families of variables that hold settings of number crunching, and languages."""


def model_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables of an environment that a model may see."""
    return {
        name: value
        for name, value in environment.items()
        if name.upper() in _NAMES or name.upper().startswith(_BEGINNINGS)
    }
