using System.Diagnostics;
using Lacquer.Formats.Fingerprints;

namespace Lacquer.Benchmarks;

/// <summary>
/// Precision and recall of what tells that two files are the same audio, over all pairs of a labelled set: the hash of decoded samples, and the fingerprint, by comparing all pairs and by looking for candidates first.
/// </summary>
internal static class DuplicatesCase
{
    private const int Pieces = 60;

    public static int Run(BenchRequest request)
    {
        var folder = Directory.CreateTempSubdirectory("lacquer-bench-");
        try
        {
            if (LabelledAudio.Make(folder.FullName, request.Music, Math.Max(2, (int)(Pieces * request.ScaleOr(1)))) is not { } files)
            {
                Console.Error.WriteLine("bench: no music could be fetched; --music FOLDER names some");
                return 10;
            }

            Score(files).Print();
            return 0;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Figures Score(List<LabelledFile> files)
    {
        var prints = files.ConvertAll(f => Fingerprint.Parse(f.Fingerprint));
        var terms = prints.ConvertAll(p => p.Terms());
        var postings = terms.SelectMany((t, i) => t.Select(term => (Term: term, File: i))).GroupBy(t => t.Term).ToDictionary(g => g.Key, g => g.Select(t => t.File).ToHashSet());
        var (samples, compared, found) = (new Counts(), new Counts(), new Counts());
        var (pairs, comparisons, candidates, ticks) = (0L, 0L, 0L, 0L);
        var missed = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < files.Count; i++)
        {
            var near = terms[i].SelectMany(t => postings[t]).ToHashSet();
            for (var j = i + 1; j < files.Count; j++, pairs++)
            {
                var isSame = files[i].Audio == files[j].Audio;
                var start = Stopwatch.GetTimestamp();
                var match = Fingerprint.Compare(prints[i], prints[j]);
                if (match is not null)
                    (ticks, comparisons) = (ticks + Stopwatch.GetTimestamp() - start, comparisons + 1);
                var isCandidate = near.Contains(j);
                candidates += isCandidate ? 1 : 0;
                compared.Add(match is { IsSame: true }, isSame);
                found.Add(isCandidate && match is { IsSame: true }, isSame);
                if (files[i].Samples is { } one && files[j].Samples is { } other)
                    samples.Add(one == other, isSame && files[i].Made.StartsWith("flac", StringComparison.Ordinal) && files[j].Made.StartsWith("flac", StringComparison.Ordinal));
                if (match is { IsSame: true } != isSame || (isSame && !isCandidate))
                {
                    var what = $"{(isSame ? "missed" : "wrong")}: {files[i].Made} / {files[j].Made}";
                    missed[what] = missed.GetValueOrDefault(what) + 1;
                }
            }
        }

        foreach (var (what, count) in missed.OrderByDescending(m => m.Value).ThenBy(m => m.Key, StringComparer.Ordinal).Take(40))
            Console.Error.WriteLine($"{count,6}  {what}");
        var figures = new Figures("duplicates");
        figures.Add("files", files.Count, "files");
        figures.Add("pairs", pairs, "pairs");
        figures.Add("same_pairs", compared.True, "pairs that are the same audio");
        figures.Add("samples_precision", samples.Precision, "decoded samples: precision");
        figures.Add("samples_recall", samples.Recall, "decoded samples: recall");
        figures.Add("fingerprint_precision", found.Precision, "fingerprint: precision");
        figures.Add("fingerprint_recall", found.Recall, "fingerprint: recall");
        figures.Add("fingerprint_wrong", found.Wrong, "fingerprint: pairs wrongly taken for the same");
        figures.Add("compare_recall", compared.Recall, "fingerprint: recall without looking for candidates first");
        figures.Add("candidates_per_file", candidates * 2.0 / files.Count, "candidates for a file");
        figures.Add("terms_per_file", terms.Average(t => t.Count), "terms of a file");
        figures.Add("comparison_us", ticks * 1e6 / Stopwatch.Frequency / Math.Max(comparisons, 1), "a comparison, µs");
        return figures;
    }

    /// <summary>What was said of pairs, and what is true of them.</summary>
    private sealed class Counts
    {
        public long True { get; private set; }

        public long Wrong { get; private set; }

        private long Right { get; set; }

        public double Precision => Right + Wrong == 0 ? 1 : (double)Right / (Right + Wrong);

        public double Recall => True == 0 ? 1 : (double)Right / True;

        public void Add(bool said, bool isTrue)
        {
            True += isTrue ? 1 : 0;
            Right += said && isTrue ? 1 : 0;
            Wrong += said && !isTrue ? 1 : 0;
        }
    }
}
