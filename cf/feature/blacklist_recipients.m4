divert(-1)
_feature(`blacklist_recipients')
