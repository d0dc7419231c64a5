divert(-1)
_feature(`redirect')
