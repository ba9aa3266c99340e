"""Controls, colours, icons and words that every part of the window uses."""
