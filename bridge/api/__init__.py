"""The API of the admin port: the verbs of the commands over HTTP, and who may use them."""
