divert(-1)
_feature()
_line(`CPREDIRECT')
