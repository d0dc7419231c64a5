divert(-1)
_plain()
_line(`CPREDIRECT')
