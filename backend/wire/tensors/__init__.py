"""A tensor's elements as JSON numbers and in typed lists."""
