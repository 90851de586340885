"""The worker: one payload on STDIN, one result line per document on STDOUT, all else on STDERR.

Law: imports nothing from `reconciler`; runs alone, on Camber or in Docker, from its own folder.

    __main__.py   STDIN -> STDOUT
    contract/     payload, run file, frame: the single definition, standard library only
    bootstrap.py  makes the environment of a run, then starts the worker in it; standard library only, one file
    models.py     lays out the recognition models from the wheels that ship them; standard library only
    settings.py   one frozen value, from the environment
    channel.py    STDOUT, kept for answers alone
    batch.py      every document answered on its own
    stop.py       SIGTERM, the stop file, the control URL
    tools.py      the engine, loaded once and trusted after it has read a known page
    pipeline.py   the stages in order, each timed
    stages.py     which stage is on, how long it took, how long it may take
    result.py     the result object, and the legacy line
    seal.py       the encrypted master
    faults.py     the one error that ends a document
    processors/   arrays in, values out: decode, quality, orientation, ocr, portal
    storage/      fetch and put
"""
