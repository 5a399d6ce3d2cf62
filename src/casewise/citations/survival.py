"""Sources on times to event, composites and arms that begin late."""

from __future__ import annotations

CITATIONS: dict[str, str] = {
    "aalen1978": (
        "Aalen OO, Johansen S. An empirical transition matrix for non-homogeneous Markov chains "
        "based on censored observations. Scand J Stat. 1978;5(3):141-150."
    ),
    "andersen2003": (
        "Andersen PK, Klein JP, Rosthøj S. Generalised linear models for correlated pseudo- "
        "observations, with applications to multi-state models. Biometrika. 2003;90(1):15-27."
    ),
    "anderson1983": (
        "Anderson JR, Cain KC, Gelber RD. Analysis of survival by tumor response. J Clin Oncol. "
        "1983;1(11):710-719."
    ),
    "austin2016": (
        "Austin PC, Lee DS, Fine JP. Introduction to the analysis of survival data in the "
        "presence of competing risks. Circulation. 2016;133(6):601-609."
    ),
    "bebu2016": (
        "Bebu I, Lachin JM. Large sample inference for a win ratio analysis of a composite outcome "
        "based on prioritized components. Biostatistics. 2016;17(1):178-187."
    ),
    "borgan1990": (
        "Borgan Ø, Liestøl K. A note on confidence intervals and bands for the survival function "
        "based on transformations. Scand J Stat. 1990;17(1):35-41."
    ),
    "brookmeyer1982": (
        "Brookmeyer R, Crowley J. A confidence interval for the median survival time. Biometrics. "
        "1982;38(1):29-41."
    ),
    "brunner2021": (
        "Brunner E, Vandemeulebroecke M, Mütze T. Win odds: an adaptation of the win ratio to "
        "include ties. Stat Med. 2021;40(14):3367-3384."
    ),
    "cain2010": (
        "Cain LE, Robins JM, Lanoy E, Logan R, Costagliola D, Hernán MA. When to start treatment? "
        "A systematic approach to the comparison of dynamic regimes using observational data. "
        "Int J Biostat. 2010;6(2):Article 18."
    ),
    "choudhury2002": (
        "Choudhury JB. Non-parametric confidence interval estimation for competing risks analysis: "
        "application to contraceptive data. Stat Med. 2002;21(8):1129-1144."
    ),
    "cole2004": (
        "Cole SR, Hernán MA. Adjusted survival curves with inverse probability weights. Comput "
        "Methods Programs Biomed. 2004;75(1):45-49."
    ),
    "cox1972": (
        "Cox DR. Regression models and life-tables. J R Stat Soc Ser B. 1972;34(2):187-220."
    ),
    "crowley1977": (
        "Crowley J, Hu M. Covariance analysis of heart transplant survival data. J Am Stat Assoc. "
        "1977;72(357):27-36."
    ),
    "efron1977": (
        "Efron B. The efficiency of Cox's likelihood function for censored data. J Am Stat Assoc. "
        "1977;72(359):557-565."
    ),
    "fay2013": (
        "Fay MP, Brittain EH, Proschan MA. Pointwise confidence intervals for a survival "
        "distribution with small samples or heavy censoring. Biostatistics. 2013;14(4):723-736."
    ),
    "fine1999": (
        "Fine JP, Gray RJ. A proportional hazards model for the subdistribution of a "
        "competing risk. J Am Stat Assoc. 1999;94(446):496-509."
    ),
    "finkelstein1999": (
        "Finkelstein DM, Schoenfeld DA. Combining mortality and longitudinal measures in clinical "
        "trials. Stat Med. 1999;18(11):1341-1354."
    ),
    "fleming1991": (
        "Fleming TR, Harrington DP. Counting Processes and Survival Analysis. New York: Wiley; "
        "1991."
    ),
    "gail1972": (
        "Gail MH. Does cardiac transplantation prolong life? A reassessment. Ann Intern Med. "
        "1972;76(5):815-817."
    ),
    "gehan1965": (
        "Gehan EA. A generalized Wilcoxon test for comparing arbitrarily singly-censored samples. "
        "Biometrika. 1965;52(1-2):203-223."
    ),
    "ghosh2000": (
        "Ghosh D, Lin DY. Nonparametric analysis of recurrent events and death. Biometrics. "
        "2000;56(2):554-562."
    ),
    "grambsch1994": (
        "Grambsch PM, Therneau TM. Proportional hazards tests and diagnostics based on weighted "
        "residuals. Biometrika. 1994;81(3):515-526."
    ),
    "gray1988": (
        "Gray RJ. A class of K-sample tests for comparing the cumulative incidence of a competing "
        "risk. Ann Stat. 1988;16(3):1141-1154."
    ),
    "heinze2001": (
        "Heinze G, Schemper M. A solution to the problem of monotone likelihood in Cox regression. "
        "Biometrics. 2001;57(1):114-119."
    ),
    "hernan2016": (
        "Hernán MA, Robins JM. Using big data to emulate a target trial when a randomized "
        "trial is not available. Am J Epidemiol. 2016;183(8):758-764."
    ),
    "hernan2018": (
        "Hernán MA. How to estimate the effect of treatment duration on survival outcomes using "
        "observational data. BMJ. 2018;360:k182."
    ),
    "kaplan1958": (
        "Kaplan EL, Meier P. Nonparametric estimation from incomplete observations. J Am Stat "
        "Assoc. 1958;53(282):457-481."
    ),
    "lawless1995": (
        "Lawless JF, Nadeau C. Some simple robust methods for the analysis of recurrent events. "
        "Technometrics. 1995;37(2):158-168."
    ),
    "lin1989": (
        "Lin DY, Wei LJ. The robust inference for the Cox proportional hazards model. J Am Stat "
        "Assoc. 1989;84(408):1074-1078."
    ),
    "mantel1966": (
        "Mantel N. Evaluation of survival data and two new rank order statistics arising in its "
        "consideration. Cancer Chemother Rep. 1966;50(3):163-170."
    ),
    "mantel1974": (
        "Mantel N, Byar DP. Evaluation of response-time data involving transient states: an "
        "illustration using heart-transplant data. J Am Stat Assoc. 1974;69(345):81-86."
    ),
    "maringe2020": (
        "Maringe C, Benitez Majano S, Exarchakou A, et al. Reflection on modern methods: trial "
        "emulation in the presence of immortal-time bias. Int J Epidemiol. 2020;49(5):1719-1729."
    ),
    "peto1972": (
        "Peto R, Peto J. Asymptotically efficient rank invariant test procedures. J R Stat Soc Ser "
        "A. 1972;135(2):185-207."
    ),
    "pocock2012": (
        "Pocock SJ, Ariti CA, Collier TJ, Wang D. The win ratio: a new approach to the "
        "analysis of composite endpoints in clinical trials based on clinical priorities. Eur "
        "Heart J. 2012;33(2):176-182."
    ),
    "prentice1979": (
        "Prentice RL, Marek P. A qualitative discrepancy between censored data rank tests. "
        "Biometrics. 1979;35(4):861-867."
    ),
    "royston2013": (
        "Royston P, Parmar MKB. Restricted mean survival time: an alternative to the hazard ratio "
        "for the design and analysis of randomized trials with a time-to-event outcome. BMC Med "
        "Res Methodol. 2013;13:152."
    ),
    "shu2021": (
        "Shu D, Young JG, Toh S, Wang R. Variance estimation in inverse probability weighted "
        "Cox models. Biometrics. 2021;77(3):1101-1117."
    ),
    "suissa2008": (
        "Suissa S. Immortal time bias in pharmacoepidemiology. Am J Epidemiol. 2008;167(4):492-499."
    ),
    "wang2018": (
        "Wang J. A simple, doubly robust, efficient estimator for survival functions using "
        "pseudo observations. Pharm Stat. 2018;17(1):38-48."
    ),
    "white2009": (
        "White IR, Royston P. Imputing missing covariate values for the Cox model. Stat Med. "
        "2009;28(15):1982-1998."
    ),
    "xie2005": (
        "Xie J, Liu C. Adjusted Kaplan-Meier estimator and log-rank test with inverse "
        "probability of treatment weighting for survival data. Stat Med. 2005;24(20):3089-3110."
    ),
}
