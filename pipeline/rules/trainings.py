"""The methods that a plan trains, by rate, and what a configuration says of them in vain."""

from pipeline.config.methods import Method
from pipeline.rules.plan import Plan


def methods_at_rates(plan: Plan, task: str) -> dict[str, Method]:
    """Each method that is trained on a task, and each once more at a rate of its own settings."""
    found: dict[str, Method] = {}
    for name in plan.config.train.methods:
        method = plan.config.methods[name]
        for rate in plan.train_rates(task, name):
            is_own = rate in map(str, method.by_rate)
            at_rate = method.model_copy(update={"settings": method.settings_at(rate)})
            found[f"{name}.by_rate.{rate}" if is_own else name] = at_rate
    return found


def notes_on(plan: Plan) -> list[str]:
    """What the configuration says of rates at which nothing is trained."""
    notes = []
    for name in plan.config.train.methods:
        used = {rate for task in plan.tasks for rate in plan.train_rates(task, name)}
        idle = [rate for rate in map(str, plan.config.methods[name].by_rate) if rate not in used]
        if plan.tasks and idle:
            notes.append(
                f"note: methods.{name}.by_rate: nothing is trained at {', '.join(idle)}, so what "
                f"stands there is not used (trained at: {', '.join(sorted(used))})"
            )
    return notes
