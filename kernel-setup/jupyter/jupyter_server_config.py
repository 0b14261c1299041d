"""JupyterLab's settings. kernel-setup puts this folder into JUPYTER_CONFIG_PATH."""

import sys
from pathlib import Path

here = Path(__file__).resolve().parent
sys.path.append(str(here.parent / "py"))
c.ServerApp.contents_manager_class = "contents.Contents"  # noqa: F821, which Jupyter provides
c.LabApp.app_settings_dir = str(here)  # for overrides.json
