SELECT finish_erasures()
