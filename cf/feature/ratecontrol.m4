divert(-1)
_feature(`ratecontrol', defn(`_arg1'), defn(`_arg2'))
