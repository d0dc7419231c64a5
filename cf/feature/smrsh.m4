divert(-1)
_feature(`smrsh')
