"""The ten stages of the job, and the embedding of new events."""

from coles_ops.evaluation import evaluate_entries
from coles_ops.inference.files import embed_files
from coles_ops.inference.pack import pack_winner
from coles_ops.preprocess import preprocess_events, read_rows, split_clients
from coles_ops.refit import refit_winner
from coles_ops.report import write_report
from coles_ops.tracking import track_run
from coles_ops.tuning import search_encoders
from expectations import validate_raw
from tasks import shown
from tasks.policy import task, task_of_no_run

read = task(read_rows, name="read", show=shown.rows)
validate = task(validate_raw, name="validate", show=shown.validation)
split = task(split_clients, name="split", show=shown.split)
preprocess = task(preprocess_events, name="preprocess", show=shown.events)
search = task(search_encoders, name="search", show=shown.trials)
evaluate = task(evaluate_entries, name="evaluate", show=shown.leaderboard)
refit = task(refit_winner, name="refit", show=shown.production)
pack = task(pack_winner, name="pack", show=shown.bundle)
track = task(track_run, name="track", show=shown.tracking)
report = task(write_report, name="report", show=shown.report)

embed = task_of_no_run(embed_files, name="embed")
