"""The metadata of a saved notebook: without versions, so that one saved on another machine does not differ; the lexer is
what GoNB leaves out."""

KERNEL = {"display_name": "Go (gonb)", "language": "go", "name": "gonb"}
LANGUAGE = {
    "codemirror_mode": "",
    "file_extension": ".go",
    "mimetype": "text/x-go",
    "name": "go",
    "nbconvert_exporter": "",
    "pygments_lexer": "go",
}
