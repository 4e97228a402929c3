using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Lacquer.Formats.Objects;

namespace Lacquer.Benchmarks;

/// <summary>
/// <see cref="ObjectHasher"/> over memory, against what <c>openssl speed</c> says these three digests cost at the block size they are
/// fed with here, 16 KiB: limit = 1 / (1/sha256 + 1/sha256 + 1/sha1). Ours and openssl's take turns, and all figures are medians over the
/// rounds. On one core both are by user time, as openssl has it unless told otherwise, so that a busy machine does not count; on
/// several cores both are by the clock.
/// </summary>
internal static class HashCase
{
    private const int Rounds = 5;
    private const double RoundSeconds = 1.0;
    private const int DataBytes = 128 << 20;

    // The mean file of the largest music archive announced so far: 300 TB in 86 million files.
    private const int MeanFileBytes = 3_490_000;

    public static int Run(BenchRequest request)
    {
        var data = new byte[(int)Math.Clamp(DataBytes * request.ScaleOr(1), 1 << 23, 1 << 30)];
        new Random(1).NextBytes(data);

        var one = Measure(data, cores: 1);
        if (one is null)
            return 10;
        // As many cores as the figures of a small machine speak of; more would only show that cores do not meet here.
        var cores = Math.Min(2, Environment.ProcessorCount);
        var both = cores == 1 ? one : Measure(data, cores)!;

        var figures = new Figures("hash");
        figures.Add("ratio_to_limit", one.Ratio, "one core: ratio to openssl's limit");
        figures.Add("mb_per_second", one.Ours, "one core: ours, MB/s");
        figures.Add("limit_mb_per_second", one.Limit, "one core: limit, MB/s");
        figures.Add("openssl_sha256_mb_per_second", one.Sha256, "one core: openssl SHA-256 at 16 KiB, MB/s");
        figures.Add("openssl_sha1_mb_per_second", one.Sha1, "one core: openssl SHA-1 at 16 KiB, MB/s");
        figures.Add("mean_files_mb_per_second", one.OursInFiles, "one core: ours, padded files of 3.49 MB, MB/s");
        figures.Add("cores", cores, "cores used together");
        figures.Add("ratio_to_limit_all_cores", both.Ratio, "together: ratio to openssl's limit");
        figures.Add("mb_per_second_all_cores", both.Ours, "together: ours, MB/s");
        figures.Add("limit_mb_per_second_all_cores", both.Limit, "together: limit, MB/s");
        figures.Print();
        return 0;
    }

    private static Speeds? Measure(byte[] data, int cores)
    {
        List<double> ours = [], files = [], sha256 = [], sha1 = [], limit = [], ratio = [];
        Hash(data, data.Length, 0.2, cores);
        for (var round = 1; round <= Rounds; round++)
        {
            if (OpensslSpeed("sha256", cores) is not { } sha256Speed || OpensslSpeed("sha1", cores) is not { } sha1Speed)
                return null;
            sha256.Add(sha256Speed);
            sha1.Add(sha1Speed);
            limit.Add(1 / (2 / sha256Speed + 1 / sha1Speed));
            ours.Add(Hash(data, data.Length, RoundSeconds, cores));
            ratio.Add(ours[^1] / limit[^1]);
            files.Add(Hash(data, MeanFileBytes, RoundSeconds / 2, cores));
            Console.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"hash: {cores} core(s), round {round} of {Rounds}: ours {ours[^1]:0} MB/s, limit {limit[^1]:0} MB/s"));
        }

        return new Speeds(
            Figures.Median(ours), Figures.Median(files), Figures.Median(sha256), Figures.Median(sha1), Figures.Median(limit), Figures.Median(ratio));
    }

    /// <summary>MB/s of all threads together, each hashing the data over and over as files of the given length.</summary>
    private static double Hash(byte[] data, int fileBytes, double seconds, int threads)
    {
        var hashedBytes = 0L;
        var usedBefore = Environment.CpuUsage.UserTime;
        var clock = Stopwatch.StartNew();
        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ =>
        {
            using var hasher = new ObjectHasher();
            var mine = 0L;
            while (clock.Elapsed.TotalSeconds < seconds)
            {
                for (var start = 0; start < data.Length && clock.Elapsed.TotalSeconds < seconds; start += fileBytes)
                {
                    var file = data.AsSpan(start, Math.Min(fileBytes, data.Length - start));
                    hasher.Append(file);
                    hasher.Finish();
                    mine += file.Length;
                }
            }

            Interlocked.Add(ref hashedBytes, mine);
        });
        var spent = threads == 1 ? Environment.CpuUsage.UserTime - usedBefore : clock.Elapsed;
        return hashedBytes / spent.TotalSeconds / 1e6;
    }

    /// <summary>MB/s by <c>openssl speed</c>, all its processes together, or null where it cannot be run.</summary>
    private static double? OpensslSpeed(string digest, int processes)
    {
        var start = new ProcessStartInfo("openssl") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { "speed", "-mr", "-evp", digest, "-bytes", "16384", "-seconds", "1" })
            start.ArgumentList.Add(argument);
        if (processes > 1)
        {
            start.ArgumentList.Add("-elapsed");
            start.ArgumentList.Add("-multi");
            start.ArgumentList.Add(processes.ToString(CultureInfo.InvariantCulture));
        }

        try
        {
            using var process = Process.Start(start)!;
            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            // "+F:25:sha256:1897971712.00" in bytes a second; what one of several processes said has " from 0" at its end.
            foreach (var line in output.Split('\n').Reverse())
            {
                if (line.StartsWith("+F:", StringComparison.Ordinal)
                    && double.TryParse(line.AsSpan(line.LastIndexOf(':') + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out var bytesPerSecond))
                    return bytesPerSecond / 1e6;
            }

            Console.Error.WriteLine($"bench: 'openssl speed' gave no figure for {digest}");
        }
        catch (Win32Exception)
        {
            Console.Error.WriteLine("bench: the program openssl is not there");
        }

        return null;
    }

    private sealed record Speeds(double Ours, double OursInFiles, double Sha256, double Sha1, double Limit, double Ratio);
}
