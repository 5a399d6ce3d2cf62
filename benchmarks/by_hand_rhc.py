"""Right heart catheterization by hand, as an analyst writes it: tableone, lifelines, statsmodels.

The same tables and figures as ``casewise run`` on examples/right_heart_catheterization, to have
something to measure against: by_hand_rhc.py RHC.CSV FOLDER.
"""

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pandas as pd
from lifelines import CoxPHFitter, KaplanMeierFitter
from lifelines.plotting import add_at_risk_counts
from lifelines.statistics import logrank_test
from scipy import stats
from statsmodels.stats.contingency_tables import Table2x2
from statsmodels.stats.proportion import confint_proportions_2indep
from tableone import TableOne

source, out = sys.argv[1], Path(sys.argv[2])
out.mkdir(parents=True, exist_ok=True)
data = pd.read_csv(source, skipinitialspace=True)
assert data["ptid"].is_unique
treated = data["swang1"] == "RHC"
data["death30"] = (data["dthdte"] - data["sadmdte"]).between(0, 30)
data["stay"] = data["dschdte"] - data["sadmdte"]
seen = data[["lstctdte", "dschdte"]].max(axis=1)
data["days"] = data["dthdte"].fillna(seen) - data["sadmdte"]
data["died"] = data["death"] == "Yes"

# Baseline
skip = {"ptid", "swang1", "sadmdte", "dschdte", "dthdte", "lstctdte", "death", "dth30", "t3d30"}
columns = [c for c in data.columns if c not in skip | {"death30", "stay", "days", "died"}]
binary = [c for c in columns if set(data[c].dropna().unique()) <= {0, 1}]
categorical = binary + [c for c in columns if not pd.api.types.is_numeric_dtype(data[c])]
continuous = [c for c in columns if c not in categorical]
table = TableOne(
    data, columns=columns, categorical=categorical, nonnormal=continuous, groupby="swang1",
    smd=True, pval=False, missing=True,
)  # fmt: skip
table.to_csv(out / "baseline.csv")
table.to_html(out / "baseline.html")

# Outcomes
rows = []
one, zero = data[treated], data[~treated]
events, n = (int(one["death30"].sum()), int(zero["death30"].sum())), (len(one), len(zero))
cells = [[events[0], n[0] - events[0]], [events[1], n[1] - events[1]]]
two = Table2x2(cells)
low, high = confint_proportions_2indep(
    events[0], n[0], events[1], n[1], method="newcomb", compare="diff"
)
p = stats.fisher_exact(cells).pvalue
shown = [f"{e}/{m} ({100 * e / m:.1f}%)" for e, m in zip(events, n, strict=True)]
difference = events[0] / n[0] - events[1] / n[1]
rows.append(["death by 30 days", *shown, "risk difference", difference, low, high, p])
for measure, value, limits in (
    ("risk ratio", two.riskratio, two.riskratio_confint()),
    ("odds ratio", two.oddsratio, two.oddsratio_confint()),
):
    rows.append(["death by 30 days", *shown, measure, value, *limits, p])
stays = one["stay"].dropna(), zero["stay"].dropna()
quarters = [s.quantile([0.25, 0.5, 0.75]).to_list() for s in stays]
shown = [f"{q2:.0f} [{q1:.0f}-{q3:.0f}]" for q1, q2, q3 in quarters]
p = stats.mannwhitneyu(*stays).pvalue
shift = float(pd.Series((stays[0].to_numpy()[:, None] - stays[1].to_numpy()).ravel()).median())
rows.append(["hospital stay", *shown, "shift", shift, None, None, p])

# Time to event
p = logrank_test(one["days"], zero["days"], one["died"], zero["died"]).p_value
cox = CoxPHFitter().fit(data[["days", "died"]].assign(rhc=treated.astype(int)), "days", "died")
ratio = cox.summary.loc["rhc"]
limits = ratio["exp(coef) lower 95%"], ratio["exp(coef) upper 95%"]
shown = [f"{int(arm['died'].sum())}/{len(arm)}" for arm in (one, zero)]
rows.append(["survival", *shown, "hazard ratio", ratio["exp(coef)"], *limits, p])
figure, axes = plt.subplots(figsize=(7, 5))
fits = []
for name, arm, line in (("RHC", one, "-"), ("no RHC", zero, "--")):
    fits.append(KaplanMeierFitter(label=name).fit(arm["days"], arm["died"]))
    fits[-1].plot_survival_function(ax=axes, linestyle=line)
add_at_risk_counts(*fits, ax=axes)
figure.tight_layout()
for kind in ("svg", "png"):
    figure.savefig(out / f"survival.{kind}", dpi=200)

# Effects, and a page that holds it all
names = ["outcome", "RHC", "no RHC", "measure", "value", "lower", "upper", "p"]
outcomes = pd.DataFrame(rows, columns=names)
outcomes.to_csv(out / "outcomes.csv", index=False)
ratios = outcomes[outcomes["measure"].str.endswith("ratio")]
figure, axes = plt.subplots(figsize=(7, 3))
errors = [ratios["value"] - ratios["lower"], ratios["upper"] - ratios["value"]]
axes.errorbar(ratios["value"], range(len(ratios)), xerr=errors, fmt="s")
axes.set_yticks(range(len(ratios)), ratios["outcome"] + ", " + ratios["measure"])
axes.axvline(1)
figure.tight_layout()
for kind in ("svg", "png"):
    figure.savefig(out / f"forest.{kind}", dpi=200)
page = [(out / "baseline.html").read_text(), outcomes.to_html(index=False)]
page += [(out / f"{name}.svg").read_text() for name in ("survival", "forest")]
(out / "report.html").write_text("<h1>RHC</h1>" + "\n".join(page))
