divert(-1)
_feature()
ifelse(defn(`_ARG_'), `', `', `_begin()CB`'_ARG_
_end()')
