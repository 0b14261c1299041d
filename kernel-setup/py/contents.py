"""Opening a notebook in JupyterLab changes nothing in it. JupyterLab writes into a notebook what the kernel says of its
language, which is a change as soon as Go has another version. So it finds that there already, and the file never holds it."""

from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager

from metadata import KERNEL, LANGUAGE


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

    async def save(self, model, path=""):
        if is_ours(model):
            model["content"]["metadata"]["language_info"] = LANGUAGE
        return await super().save(model, path)
