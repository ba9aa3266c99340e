"""What every feature stands on: pages, commands, notices, docks, layouts."""
