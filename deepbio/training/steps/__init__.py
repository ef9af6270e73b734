"""Steps: feed, loss, optimizer and the compiled loop that applies them."""
