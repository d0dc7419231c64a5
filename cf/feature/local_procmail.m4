divert(-1)
_feature(`local_procmail')
