"""What came back: the views of a reply, and what steers them."""

from gui.inspect.reply.controller import ReplyController
from gui.inspect.reply.pane import EmptyReply, ReplyPane

__all__ = ["EmptyReply", "ReplyController", "ReplyPane"]
