"""From a newsroom's own log to MIND's format: news and clicks as tables in, train/, dev/ and test/ out."""
