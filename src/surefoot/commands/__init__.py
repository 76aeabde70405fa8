"""The commands of the command line, a group to a file; `cli` registers them.

    training   train: a new run, one that goes on, one that branches off
    judging    check, verify: is it right?
    looking    show, data, methods
    converting data convert
    racing     race
    laboratory lab
    fitting    fit, predict, export: a table, without Python

Everything heavy is imported where it is used, so that `surefoot --help` answers at once.
"""
