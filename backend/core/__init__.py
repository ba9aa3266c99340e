"""Values, flow control, clocks and errors; standard library and numpy only."""
