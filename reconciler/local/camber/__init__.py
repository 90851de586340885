"""Camber on one machine: an executable that behaves as the real `camber` does, and runs its jobs as processes.

The law of this package: it is a stand-in for somebody else's program. It shares no code with the client it is there
to test, imports nothing of the reconciler, and follows what was seen of the real tool rather than what would be
convenient. All of its state stands in one folder, `CAMBER_LOCAL_HOME`. Each invocation is a process of its own, so
modules are imported where they are needed, and dataclasses, which take as long as all the rest, not at all.

Needs Linux: jobs are told apart from strangers by what /proc says of them.

    cobra.py, flags.py, usage.py, errors.py    from an argument list to an exit code, as cobra does it
    commands.py                                the commands and their flags, as data
    service.py                                 what every command has at hand, and what faults may ask of it
    account.py, jobs.py, stash*.py, apps.py    the commands
    screens.py, job_screens.py, app_screens.py what they show, to the byte
    faults/                                    what goes wrong on purpose
    learning/                                  what was captured of the real tool, turned into knobs
    home.py, config.py, ledger.py              the folder, the knobs, the memory
    pace.py                                    how long things take, and what follows from the seed
    doorbell.py, scheduler.py                  the one background process, and how it is woken
    execution.py, node.py, mounts.py, trees.py, processes.py   how a job runs, and where
    launcher.py                                the tool as a file of its own
    admin.py                                   commands to the emulator itself
"""
