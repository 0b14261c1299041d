"""PyTorch: a plain loop over tensors in memory; eager, channels last, or compiled."""
import time

import common

job = common.read_job()

import numpy as np  # noqa: E402
import torch  # noqa: E402
from torch import nn  # noqa: E402

EVALUATION_BATCH = 320
SET = job["set"] or {}
LAST = torch.channels_last if SET.get("channels_last") else torch.contiguous_format


class Rescale(nn.Module):
    def __init__(self, scale):
        super().__init__()
        self.scale = scale

    def forward(self, x):
        return x * self.scale


class Embed(nn.Embedding):
    """Vectors of words, and where they are none: 0 is padding."""

    def forward(self, x):
        return super().forward(x), (x != 0).unsqueeze(-1)


class MeanOfWords(nn.Module):
    def __init__(self, masked):
        super().__init__()
        self.masked = masked

    def forward(self, x):
        x, mask = x
        return (x * mask).sum(1) / mask.sum(1).clamp(min=1) if self.masked else x.mean(1)


def build(shape):
    modules = []
    for l in job["model"]:
        kind = l["layer"]
        if kind == "Rescaling":
            modules.append(Rescale(l["scale"]))
        elif kind == "Flatten":
            modules.append(nn.Flatten())
            shape = [int(np.prod(shape))]
        elif kind == "Dense":
            modules.append(nn.Linear(shape[0], l["units"]))
            shape = [l["units"]]
        elif kind == "Conv2D":
            k, s, same = l["kernel"], l.get("strides", [1, 1])[0], l.get("padding") == "same"
            # With a stride, "same" pads one more behind in TensorFlow; here as many on all sides.
            modules.append(nn.Conv2d(shape[0], l["filters"], k, s, padding=k[0] // 2 if same and s > 1 else "same" if same else 0))
            cut = 0 if same else k[0] - 1
            shape = [l["filters"], -(-(shape[1] - cut) // s), -(-(shape[2] - cut) // s)]
        elif kind == "MaxPooling2D":
            modules.append(nn.MaxPool2d(l["pool"]))
            shape = [shape[0], shape[1] // l["pool"][0], shape[2] // l["pool"][1]]
        elif kind == "BatchNormalization":
            modules.append(nn.BatchNorm2d(shape[0], eps=1e-3, momentum=0.01))
        elif kind == "Dropout":
            modules.append(nn.Dropout(l["rate"]))
        elif kind == "Embedding":
            modules.append(Embed(l["input_dim"], l["output_dim"]))
            nn.init.uniform_(modules[-1].weight, -0.05, 0.05)
            masked, shape = l.get("mask_zero", False), [*shape, l["output_dim"]]
        elif kind == "GlobalAveragePooling1D":
            modules.append(MeanOfWords(masked))
            shape = shape[1:]
        else:
            raise ValueError(f"no layer {kind}")
        if l.get("activation") == "relu":
            modules.append(nn.ReLU())
    for m in modules:
        if isinstance(m, (nn.Linear, nn.Conv2d)):
            nn.init.xavier_uniform_(m.weight)
            nn.init.zeros_(m.bias)
    return nn.Sequential(*modules).to(memory_format=LAST)


def trainer(shape):
    model = build(shape)
    run = torch.compile(model) if SET.get("compile") else model
    o = job["optimizer"]
    if o["name"] == "adam":
        optimizer = torch.optim.Adam(model.parameters(), o["learning_rate"], eps=o["epsilon"])
    elif o["name"] == "sgd":
        optimizer = torch.optim.SGD(model.parameters(), o["learning_rate"])
    else:
        optimizer = torch.optim.RMSprop(model.parameters(), o["learning_rate"], alpha=o["rho"], eps=o["epsilon"])
    return model, run, optimizer


def losses(out, y):
    if job["loss"] == "mean_squared_error":
        return nn.functional.mse_loss(out[:, 0], y)
    if job["loss"] == "binary_crossentropy":
        return nn.functional.binary_cross_entropy_with_logits(out[:, 0], y.float())
    return nn.functional.cross_entropy(out, y)


def metric(out, y):
    if job["metric"] == "mae":
        return (out[:, 0] - y).abs().sum()
    if job["loss"] == "binary_crossentropy":
        return ((out[:, 0] > 0) == (y > 0)).sum()
    return (out.argmax(1) == y).sum()


def train_epoch(run, optimizer, order, x, y):
    run.train()
    loss_sum, metric_sum = torch.zeros(()), torch.zeros(())
    for rows in order.split(job["batch"]):
        with torch.autocast("cpu", torch.bfloat16, enabled=SET.get("bf16", False)):
            out = run(x[rows])
        loss = losses(out.float(), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            loss_sum += loss.detach() * len(rows)
            metric_sum += metric(out, y[rows])
    return loss_sum.item(), metric_sum.item()


def tensors(x, y):
    x = torch.from_numpy(np.ascontiguousarray(x))
    x = x.long() if job["model"][0]["layer"] == "Embedding" else x.float()
    if x.ndim == 4:
        x = x.permute(0, 3, 1, 2).contiguous(memory_format=LAST)
    return x, torch.from_numpy(y) if y.dtype == np.float32 else torch.from_numpy(y).long()


def lasting(f):
    """f without gradients, in the precision of the training."""
    return torch.inference_mode()(torch.autocast("cpu", torch.bfloat16, enabled=SET.get("bf16", False))(f))


def main():
    torch.manual_seed(job["seed"])
    train_x, train_y, test_x, test_y = common.load(job)
    (x, y), (tx, ty) = tensors(train_x, train_y), tensors(test_x, test_y)
    ready = time.time()
    shape = list(x.shape[1:])

    def first_step():
        _, run, optimizer = trainer(shape)
        train_epoch(run, optimizer, torch.arange(job["batch"]), x, y)
    first, _ = common.timed(first_step)
    model, run, optimizer = trainer(shape)
    times = [time.time()]
    for _ in range(job["epochs"]):
        train_epoch(run, optimizer, torch.randperm(len(x)), x, y)
        times.append(time.time())
    memory = common.peak_memory()

    @lasting
    def evaluate():
        run.eval()
        loss_sum, metric_sum = 0.0, 0.0
        for bx, by in zip(tx.split(EVALUATION_BATCH), ty.split(EVALUATION_BATCH)):
            out = run(bx)
            loss_sum += losses(out, by).item() * len(by)
            metric_sum += metric(out, by).item()
        return loss_sum / len(tx), metric_sum / len(tx)

    @lasting
    def predict():
        run.eval()
        outs = [run(bx) for bx in tx.split(EVALUATION_BATCH)]
        if job["loss"] == "binary_crossentropy":
            outs = [o.sigmoid() for o in outs]
        elif job["metric"] == "accuracy":
            outs = [o.softmax(1) for o in outs]
        return torch.cat(outs).float().numpy()
    call, (loss, value) = common.timed(evaluate)
    count = sum(p.numel() for p in model.parameters()) + sum(b.numel() for n, b in model.named_buffers() if "running" in n)
    common.report(job, ready, first, times, memory, call, common.rate(len(tx), evaluate), common.rate(len(tx), predict),
                  {"loss": loss, job["metric"]: value}, count, {"PyTorch": torch.__version__})


main()
