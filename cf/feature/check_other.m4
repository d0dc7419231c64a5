divert(-1)
_feature()
_line(`Kbadcmd regex -m -a<BADCMD> ifelse(defn(`_ARG_'), `', `^[[:print:]]+ *:', `defn(`_ARG_')')')
