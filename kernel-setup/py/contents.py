"""Opening a notebook in JupyterLab changes nothing in it. JupyterLab writes into a notebook what the kernel says of its
language, which is a change as soon as Go has another version. So it finds that there already, and the file never holds it.
A damaged notebook gets the sentence that report says of it, and a byte order mark is no damage."""

from pathlib import Path

from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager

from tornado.web import HTTPError

from metadata import KERNEL, LANGUAGE
from reading import Damaged, read


def is_ours(model):
    return model.get("type") == "notebook" and model.get("content") and \
        model["content"].get("metadata", {}).get("kernelspec", {}).get("name") == KERNEL["name"]


class Contents(AsyncLargeFileManager):
    async def get(self, path, content=True, **options):
        model = await super().get(path, content, **options)
        if content and is_ours(model):
            spec = self.parent.kernel_spec_manager.get_kernel_spec(KERNEL["name"])
            said = {"pygments_lexer": "", "version": spec.metadata.get("go", "")}
            model["content"]["metadata"]["language_info"] = LANGUAGE | said
        return model

    async def _read_file(self, os_path, format, raw=False):
        contents, *more = await super()._read_file(os_path, format, raw)
        if format == "text" and os_path.endswith(".ipynb"):
            contents = contents.removeprefix("\ufeff")
        return contents, *more

    async def _read_notebook(self, os_path, *arguments, **options):
        try:
            return await super()._read_notebook(os_path, *arguments, **options)
        except HTTPError:
            try:
                read(Path(os_path).read_bytes())
            except Damaged as damage:
                raise HTTPError(400, f"{Path(os_path).name}: {damage}") from None
            raise

    async def save(self, model, path=""):
        if is_ours(model):
            model["content"]["metadata"]["language_info"] = LANGUAGE
        return await super().save(model, path)
