divert(-1)
_plain()
