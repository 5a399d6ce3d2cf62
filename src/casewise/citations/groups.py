"""Sources on tests, intervals and numbers of two or more groups."""

from __future__ import annotations

CITATIONS: dict[str, str] = {
    "agresti2001": (
        "Agresti A, Min Y. On small-sample confidence intervals for parameters in discrete "
        "distributions. Biometrics. 2001;57(3):963-971."
    ),
    "altman1998": (
        "Altman DG. Confidence intervals for the number needed to treat. BMJ. "
        "1998;317(7168):1309-1312."
    ),
    "baptista1977": (
        "Baptista J, Pike MC. Exact two-sided confidence limits for the odds ratio in a 2 x 2 "
        "table. J R Stat Soc Ser C Appl Stat. 1977;26(2):214-220."
    ),
    "barnard1947": (
        "Barnard GA. Significance tests for 2 x 2 tables. Biometrika. 1947;34(1-2):123-138."
    ),
    "bauer1972": (
        "Bauer DF. Constructing confidence sets using rank statistics. J Am Stat Assoc. "
        "1972;67(339):687-690."
    ),
    "berger1994": (
        "Berger RL, Boos DD. P values maximized over a confidence set for the nuisance parameter. "
        "J Am Stat Assoc. 1994;89(427):1012-1016."
    ),
    "blaker2000": (
        "Blaker H. Confidence curves and improved exact confidence intervals for discrete "
        "distributions. Can J Stat. 2000;28(4):783-798."
    ),
    "boschloo1970": (
        "Boschloo RD. Raised conditional level of significance for the 2 x 2-table when testing "
        "the equality of two probabilities. Stat Neerl. 1970;24(1):1-9."
    ),
    "brunner2000": (
        "Brunner E, Munzel U. The nonparametric Behrens-Fisher problem: asymptotic theory and a "
        "small-sample approximation. Biom J. 2000;42(1):17-25."
    ),
    "campbell2007": (
        "Campbell I. Chi-squared and Fisher-Irwin tests of two-by-two tables with small sample "
        "recommendations. Stat Med. 2007;26(19):3661-3675."
    ),
    "chan1999": (
        "Chan ISF, Zhang Z. Test-based exact confidence intervals for the difference of two "
        "binomial proportions. Biometrics. 1999;55(4):1202-1209."
    ),
    "clopper1934": (
        "Clopper CJ, Pearson ES. The use of confidence or fiducial limits illustrated in the case "
        "of the binomial. Biometrika. 1934;26(4):404-413."
    ),
    "cochran1954": (
        "Cochran WG. The combination of estimates from different experiments. Biometrics. "
        "1954;10(1):101-129."
    ),
    "efron1993": (
        "Efron B, Tibshirani RJ. An Introduction to the Bootstrap. New York: Chapman and Hall; "
        "1993."
    ),
    "fay2010": (
        "Fay MP. Confidence intervals that match Fisher's exact or Blaker's exact tests. "
        "Biostatistics. 2010;11(2):373-374."
    ),
    "fisher1935": ("Fisher RA. The logic of inductive inference. J R Stat Soc. 1935;98(1):39-82."),
    "freeman1951": (
        "Freeman GH, Halton JH. Note on an exact treatment of contingency, goodness of fit and "
        "other problems of significance. Biometrika. 1951;38(1-2):141-149."
    ),
    "garwood1936": (
        "Garwood F. Fiducial limits for the Poisson distribution. Biometrika. 1936;28(3-4):437-442."
    ),
    "hochberg1988": (
        "Hochberg Y. A sharper Bonferroni procedure for multiple tests of significance. "
        "Biometrika. 1988;75(4):800-802."
    ),
    "hodges1963": (
        "Hodges JL, Lehmann EL. Estimates of location based on rank tests. Ann Math Stat. "
        "1963;34(2):598-611."
    ),
    "holm1979": (
        "Holm S. A simple sequentially rejective multiple test procedure. Scand J Stat. "
        "1979;6(2):65-70."
    ),
    "hyndman1996": (
        "Hyndman RJ, Fan Y. Sample quantiles in statistical packages. Am Stat. 1996;50(4):361-365."
    ),
    "koopman1984": (
        "Koopman PAR. Confidence intervals for the ratio of two binomial proportions. Biometrics. "
        "1984;40(2):513-517."
    ),
    "kruskal1952": (
        "Kruskal WH, Wallis WA. Use of ranks in one-criterion variance analysis. J Am Stat Assoc. "
        "1952;47(260):583-621."
    ),
    "lancaster1961": (
        "Lancaster HO. Significance tests in discrete distributions. J Am Stat Assoc. "
        "1961;56(294):223-234."
    ),
    "lehmann1953": ("Lehmann EL. The power of rank tests. Ann Math Stat. 1953;24(1):23-43."),
    "mann1947": (
        "Mann HB, Whitney DR. On a test of whether one of two random variables is stochastically "
        "larger than the other. Ann Math Stat. 1947;18(1):50-60."
    ),
    "mantel1959": (
        "Mantel N, Haenszel W. Statistical aspects of the analysis of data from retrospective "
        "studies of disease. J Natl Cancer Inst. 1959;22(4):719-748."
    ),
    "mehta1983": (
        "Mehta CR, Patel NR. A network algorithm for performing Fisher's exact test in r x c "
        "contingency tables. J Am Stat Assoc. 1983;78(382):427-434."
    ),
    "mehta1985": (
        "Mehta CR, Patel NR, Gray R. Computing an exact confidence interval for the common odds "
        "ratio in several 2 x 2 contingency tables. J Am Stat Assoc. 1985;80(392):969-973."
    ),
    "miettinen1985": (
        "Miettinen O, Nurminen M. Comparative analysis of two rates. Stat Med. 1985;4(2):213-226."
    ),
    "neubert2007": (
        "Neubert K, Brunner E. A studentized permutation test for the non-parametric "
        "Behrens-Fisher problem. Comput Stat Data Anal. 2007;51(10):5192-5204."
    ),
    "newcombe1998": (
        "Newcombe RG. Interval estimation for the difference between independent proportions: "
        "comparison of eleven methods. Stat Med. 1998;17(8):873-890."
    ),
    "pearson1900": (
        "Pearson K. On the criterion that a given system of deviations from the probable in the "
        "case of a correlated system of variables is such that it can be reasonably supposed to "
        "have arisen from random sampling. Philos Mag. 1900;50(302):157-175."
    ),
    "phipson2010": (
        "Phipson B, Smyth GK. Permutation P-values should never be zero: calculating exact "
        "P-values when permutations are randomly drawn. Stat Appl Genet Mol Biol. 2010;9(1):39."
    ),
    "pitman1937": (
        "Pitman EJG. Significance tests which may be applied to samples from any populations. "
        "Suppl J R Stat Soc. 1937;4(1):119-130."
    ),
    "przyborowski1940": (
        "Przyborowski J, Wilenski H. Homogeneity of results in testing samples from Poisson "
        "series: with an application to testing clover seed for dodder. Biometrika. "
        "1940;31(3-4):313-323."
    ),
    "robins1986": (
        "Robins J, Breslow N, Greenland S. Estimators of the Mantel-Haenszel variance consistent "
        "in both sparse data and large-strata limiting models. Biometrics. 1986;42(2):311-323."
    ),
    "spiegelhalter1994": (
        "Spiegelhalter DJ, Freedman LS, Parmar MKB. Bayesian approaches to randomized trials. J R "
        "Stat Soc Ser A. 1994;157(3):357-416."
    ),
    "streitberg1986": (
        "Streitberg B, Röhmel J. Exact distributions for permutation and rank tests: an "
        "introduction to some recently published algorithms. Stat Softw Newsl. 1986;12(1):10-17."
    ),
    "suissa1985": (
        "Suissa S, Shuster JJ. Exact unconditional sample sizes for the 2 x 2 binomial trial. J R "
        "Stat Soc Ser A. 1985;148(4):317-327."
    ),
    "tukey1977": ("Tukey JW. Exploratory Data Analysis. Reading, MA: Addison-Wesley; 1977."),
    "vanelteren1960": (
        "van Elteren P. On the combination of independent two-sample tests of Wilcoxon. Bull Int "
        "Stat Inst. 1960;37:351-361."
    ),
    "welch1947": (
        "Welch BL. The generalization of 'Student's' problem when several different population "
        "variances are involved. Biometrika. 1947;34(1-2):28-35."
    ),
    "westfall1993": (
        "Westfall PH, Young SS. Resampling-Based Multiple Testing: Examples and Methods for "
        "p-Value Adjustment. New York: Wiley; 1993."
    ),
    "wilcoxon1945": (
        "Wilcoxon F. Individual comparisons by ranking methods. Biometrics Bull. 1945;1(6):80-83."
    ),
    "wilks1938": (
        "Wilks SS. The large-sample distribution of the likelihood ratio for testing composite "
        "hypotheses. Ann Math Stat. 1938;9(1):60-62."
    ),
    "wilson1927": (
        "Wilson EB. Probable inference, the law of succession, and statistical inference. J Am "
        "Stat Assoc. 1927;22(158):209-212."
    ),
    "yates1934": (
        "Yates F. Contingency tables involving small numbers and the chi-square test. Suppl J R "
        "Stat Soc. 1934;1(2):217-235."
    ),
    "zelen1971": (
        "Zelen M. The analysis of several 2 x 2 contingency tables. Biometrika. 1971;58(1):129-137."
    ),
}
