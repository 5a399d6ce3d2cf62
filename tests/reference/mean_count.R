# Mean counts of recurrent events with death, for test_mean_count_from_r.py: R 4, survival 3.
# The point estimate from two survfit curves; its error from the derivatives by the patients'
# weights (the infinitesimal jackknife), taken numerically. Without deaths: survfit's own.
suppressMessages(library(survival))
i <- 1:60
time <- (i*37) %% 101 + 20
died <- as.integer((i*13) %% 10 < 4)
k <- (i*7) %% 4                 # events of a patient
ev <- do.call(rbind, lapply(i, function(p) if (k[p] > 0)
  data.frame(p = p, t = pmin(time[p], ((p*11 + (1:k[p])*17) %% time[p]) + 1))))
ev <- unique(ev)
rows <- function(deaths) {
  do.call(rbind, lapply(i, function(p) {
    own <- sort(ev$t[ev$p == p])
    cut <- unique(c(own, time[p]))
    data.frame(id = p, t1 = c(0, head(cut, -1)), t2 = cut, e = as.integer(cut %in% own))
  }))
}
d <- rows()
mu <- function(w) {
  wr <- w[d$id]
  r <- survfit(Surv(t1, t2, e) ~ 1, d, weights = wr, timefix = FALSE)
  s <- survfit(Surv(time, died) ~ 1, weights = w, timefix = FALSE)
  h <- r$n.event / r$n.risk
  before <- sapply(r$time, function(u) { j <- sum(s$time < u); if (j == 0) 1 else s$surv[j] })
  list(t = r$time, mu = cumsum(before * h))
}
one <- mu(rep(1, 60))
at <- c(30, 60, 90, 120)
pick <- function(m) sapply(at, function(u) { j <- sum(m$t <= u); if (j == 0) 0 else m$mu[j] })
eps <- 1e-5
D <- sapply(i, function(p) { w <- rep(1, 60); w[p] <- 1 + eps; v <- rep(1,60); v[p] <- 1 - eps
  (pick(mu(w)) - pick(mu(v))) / (2*eps) })
cat(sprintf("%.10f %.10f\n", pick(one), sqrt(rowSums(D^2))), sep = "")
# nobody dies: survfit's own robust error of the cumulative hazard
f <- survfit(Surv(t1, t2, e) ~ 1, d, id = id, robust = TRUE)
j <- sapply(at, function(u) sum(f$time <= u))
cat("\n"); cat(sprintf("%.10f %.10f\n", f$cumhaz[j], f$std.chaz[j]), sep = "")
