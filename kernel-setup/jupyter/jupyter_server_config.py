"""JupyterLab's settings. kernel-setup puts this folder into JUPYTER_CONFIG_PATH."""

import sys
from pathlib import Path

here = Path(__file__).resolve().parent
sys.path.append(str(here.parent / "py"))
c.ServerApp.contents_manager_class = "contents.Contents"  # noqa: F821, which Jupyter provides
c.LabApp.app_settings_dir = str(here)  # for overrides.json
c.LabApp.extension_manager = "readonly"
c.LabApp.custom_css = True
c.ServerApp.tornado_settings = {"static_custom_path": [str(here / "custom")]}
