"""Samples to messages and back, apart from the connection that carries them."""

from backend.clients.codecs.calls import (
    Call,
    Codec,
    GrpcCall,
    Outgoing,
    Reply,
    RestCall,
    RestReply,
    SampleOf,
    no_sample,
)
from backend.clients.codecs.choice import make_codec
from backend.clients.codecs.parts import checked
from backend.clients.codecs.reply_check import wrong_id

__all__ = [
    "Call",
    "Codec",
    "GrpcCall",
    "Outgoing",
    "Reply",
    "RestCall",
    "RestReply",
    "SampleOf",
    "checked",
    "make_codec",
    "no_sample",
    "wrong_id",
]
