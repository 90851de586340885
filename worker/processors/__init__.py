"""Turn a document's bytes into what a portal accepts, and into text.

Law: arrays in, values out; no network, no clock, no files but the models.

    decode.py, pdf.py        bytes -> one upright picture
    quality.py, sharpness.py how well it can be read
    orientation.py           which way is up, and how slanted
    ocr.py                   what recognition returns, whatever the engine
    reading_order.py         rows of a page, columns of prose
    legibility.py            lines that were only guessed
    paddle.py                the engine
    libraries.py             what its libraries must be told before they are imported
    one_cv2.py, absent.py    ... the name of the one cv2, and stand-ins for what they import and never ask
    crop.py                  the outline of a sheet on a plain background, and the sheet cut out
    enhancement.py           light, white, range and noise, where the measures ask for it
    noise.py                 how much noise there is, and the picture without it
    shaping.py               all that is done to the picture for the portal, and why
    portal.py                the portal file, by pixels, dpi, kilobytes and format
    budget.py, likeness.py   the best picture that the kilobytes allow
    encode.py, pdf_file.py   JPEG, PNG and PDF, byte by byte
    portal_check.py          its figures, read back
    naming.py                its name
"""
