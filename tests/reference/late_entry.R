# Left truncation, for test_late_entry_from_r.py: R 4, survival 3. Times are all different, so that
# Cox's score test is the log-rank test.
suppressMessages(library(survival))
i <- 1:80
entry <- (i * 17) %% 29 - 1; entry[i %% 3 == 0] <- -1
time <- (i * 37) %% 163 + 30 + i / 100
event <- as.integer((i * 13) %% 10 < 6); cause <- ifelse(event == 1, 1 + (i * 5) %% 2, 0)
arm <- as.integer((i * 7) %% 5 < 2)
k <- survfit(Surv(entry, time, event) ~ 1, conf.type = "log-log")
j <- sapply(c(60, 100, 150), function(t) sum(k$time <= t))
cat(sprintf("%.10f %.10f %.10f\n", k$surv[j], k$lower[j], k$upper[j]), sep = "")
a <- survfit(Surv(entry, time, factor(cause)) ~ 1, id = i)
j <- sapply(c(60, 100, 150), function(t) sum(a$time <= t))
cat(sprintf("%.10f\n", a$pstate[j, 2]), sep = "")
s <- summary(coxph(Surv(entry, time, event) ~ arm))$sctest
cat(sprintf("%.10f %.10f\n", s[1], s[3]))
m <- survival:::survmean(survfit(Surv(pmax(entry, -1), time, event) ~ 1, start.time = 0), rmean = 100)$matrix
cat(sprintf("%.10f %.10f\n", m["rmean"], m["se(rmean)"]))
