"""Two small lessons for the tests of the commands, which then do not change with the course's own exercises."""
