"""An RTSP camera for tests; run by the system's Python: PORT h264|jpeg [USER PASSWORD].

With the one argument --check it only says by its exit code whether it could run.
"""

# mypy: ignore-errors

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402 - the versions come first

_PICTURES = (
    "videotestsrc is-live=true ! video/x-raw,format=I420,width=640,height=480,framerate=30/1"
)
_LAUNCH = {
    "h264": f"( {_PICTURES} ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15"
    " ! rtph264pay name=pay0 pt=96 )",
    "jpeg": f"( {_PICTURES} ! jpegenc ! rtpjpegpay name=pay0 pt=26 )",
}
_ELEMENTS = ("videotestsrc", "x264enc", "rtph264pay", "jpegenc", "rtpjpegpay")


def sign_in(server, factory, user, password):
    """Let in only this user, by digest."""
    token = GstRtspServer.RTSPToken()
    token.set_string(GstRtspServer.RTSP_TOKEN_MEDIA_FACTORY_ROLE, "viewer")
    auth = GstRtspServer.RTSPAuth()
    auth.set_supported_methods(_digest())
    auth.add_digest(user, password, token)
    server.set_auth(auth)
    permissions = GstRtspServer.RTSPPermissions()
    for permission in ("media.factory.access", "media.factory.construct"):
        permissions.add_permission_for_role("viewer", permission, allowed=True)
    factory.set_permissions(permissions)


def _digest():
    gi.require_version("GstRtsp", "1.0")
    from gi.repository import GstRtsp

    return GstRtsp.RTSPAuthMethod.DIGEST


def main(arguments):
    Gst.init(None)
    if arguments == ["--check"]:
        return 0 if all(Gst.ElementFactory.find(name) for name in _ELEMENTS) else 1
    port, codec, *credentials = arguments
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(_LAUNCH[codec])
    factory.set_shared(True)
    if credentials:
        sign_in(server, factory, *credentials)
    server.get_mount_points().add_factory("/cam", factory)
    server.attach(None)
    GLib.MainLoop().run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
