divert(-1)
_feature(`blocklist_recipients')
