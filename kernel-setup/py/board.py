"""TensorBoard on a folder of runs, for the user who starts it:

    python board.py FOLDER PORT

TensorBoard has no password. It listens at this machine only, and its address has a part that nobody can guess."""

import os
import secrets
import sys

os.umask(0o077)  # it writes its address into a folder that all users of the machine share
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

from tensorboard import program  # noqa: E402, which reads the variable

folder, port = sys.argv[1:]
secret = "/" + secrets.token_urlsafe(24)
board = program.TensorBoard()
board.configure(argv=["tensorboard", f"--logdir={folder}", "--host=127.0.0.1", f"--port={port}", f"--path_prefix={secret}",
                      "--load_fast=false"])  # the fast loader is a server that lets everybody in
print(f"TensorBoard is at http://127.0.0.1:{port}{secret}/ (runs of {folder}); Ctrl-C here ends it.", flush=True)
sys.exit(board.main())
