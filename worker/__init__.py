"""The worker: one payload on STDIN, one result line per document on STDOUT, all else on STDERR.

Law: imports nothing from `reconciler`; runs alone, on Camber or in Docker, from its own folder. The parent talks to the
store and never opens a document; its children open documents and know neither links nor credentials.

    __main__.py   the commands
    worker.py     the same, from wherever this folder lies
    contract/     payload, run file, frame: the single definition, standard library only
    bootstrap.py  makes the environment of a run, then starts the worker in it; standard library only, one file
    models.py     lays out the recognition models from the wheels that ship them; standard library only
    settings.py   one frozen value, from the environment
    faults.py     the errors that end a document
    verdict.py    whatever happens to a document becomes its outcome
    stages.py     which stage is on, how long it took, how long it may take

    The parent
    answer.py     STDIN -> STDOUT
    channel.py    STDOUT, kept for answers alone
    batch.py      payloads become tasks, outcomes become lines
    shift.py      the tasks of one batch worked on by several children
    supply.py     documents fetched ahead, within bounds
    linger.py     a run that stays: what it is given meanwhile, and when it leaves
    seat.py       one child: started, watched, replaced
    delivery.py   the two ends of a document's way: fetch, seal and store
    result.py     the result object, and the legacy line
    seal.py       the encrypted master
    stop.py       SIGTERM, the stop file, the control URL
    storage/      fetch and put
    wire.py       messages between both, untrusted

    A child
    child.py      serves the parent, one document after another
    confinement.py  what it may do to the machine
    tools.py      the engine, loaded once and trusted after it has read a known page
    pipeline.py   the stages in order, each timed
    text.py       what a page says, and what of it may be told
    findings.py   what was found out about a document
    processors/   arrays in, values out: decode, quality, orientation, ocr, portal
    fields/       the type of a document and its fields, from what was read
"""
