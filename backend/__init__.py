"""The part of Inferdeck that needs no window: servers, clients, sources and sessions."""
