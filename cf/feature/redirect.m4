divert(-1)
_feature(`redirect')
_line(`CPREDIRECT')
