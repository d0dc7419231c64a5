divert(-1)
_map(`sendertable', `sendertable', `sendertable')
