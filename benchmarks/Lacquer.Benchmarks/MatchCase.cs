using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Lacquer.Formats.Accessions;

namespace Lacquer.Benchmarks;

/// <summary>
/// Precision and recall of the matcher, over labelled synthetic music (scale 1 is a million tracks, 0.2 unless said), or over the releases of a MusicBrainz dump: there the recording ids are the truth, and
/// the matcher is not shown them.
/// </summary>
internal static class MatchCase
{
    public static int Run(BenchRequest request)
    {
        using var catalogue = request.MusicBrainz is { } dump ? BuiltCatalogue.Of(folder => Hide(dump, folder)) : BuiltCatalogue.OfSynthetic((long)(request.ScaleOr(0.2) * 1_000_000), request.Keep);
        if (catalogue is null)
            return 14;
        var score = MatchScore.Of(catalogue);
        var figures = new Figures("match");
        figures.Add("tracks", score.Tracks, request.MusicBrainz is null ? "tracks, synthetic" : "tracks, MusicBrainz");
        figures.Add("recordings", catalogue.Report.Totals.Recordings, "recordings found");
        score.AddTo(figures);
        figures.Print();
        return 0;
    }

    /// <summary>The dump's releases as records of <c>release/1</c> without the ids of recordings and tracks, and these as the truth.</summary>
    private static (IReadOnlyList<SyntheticSource>, long) Hide(string dump, string folder)
    {
        var source = new SyntheticSource(1, "musicbrainz-hidden", "release/1", 0, 0, 0, "");
        using var accession = new SyntheticAccession(source.Accession(folder), new AccessionHeader(1, source.Name, source.Adapter));
        using var truth = new TruthWriter(source.Truth(folder), accession.Bytes);
        Dictionary<string, int> numbers = new(StringComparer.Ordinal);
        var tracks = 0L;
        var nameless = 0;
        foreach (var text in Releases(dump))
        {
            List<int> media = [], recordings = [];
            if (JsonNode.Parse(text) is not JsonObject release)
                continue;
            foreach (var medium in (release["media"] as JsonArray ?? []).OfType<JsonObject>())
            {
                // By their order: what is known of a track is found again by it.
                medium["position"] = media.Count + 1;
                var onMedium = (medium["tracks"] as JsonArray ?? []).OfType<JsonObject>().ToList();
                for (var i = 0; i < onMedium.Count; i++)
                {
                    onMedium[i]["position"] = i + 1;
                    onMedium[i].Remove("id");
                    var recording = onMedium[i]["recording"] as JsonObject;
                    var id = recording?["id"]?.ToString() ?? $"without an id: {nameless++}";
                    recording?.Remove("id");
                    if (!numbers.TryGetValue(id, out var number))
                        numbers.Add(id, number = numbers.Count);
                    recordings.Add(number);
                }

                media.Add(onMedium.Count);
            }

            var line = Encoding.UTF8.GetBytes(new JsonObject { ["entity"] = "release", ["record"] = release }.ToJsonString() + "\n");
            accession.Add(line, [line.Length]);
            if (accession.Records % 256 == 0)
                accession.Write();
            truth.Add(line.Length, [.. media], recordings, 0, 0);
            tracks += recordings.Count;
        }

        var sha256 = accession.Finish();
        truth.Finish();
        return ([source with { Records = accession.Records, Bytes = accession.Bytes, LengthBytes = new FileInfo(source.Accession(folder)).Length, Sha256 = sha256 }], tracks);
    }

    /// <summary>The lines of a dump's releases.</summary>
    public static IEnumerable<string> Releases(string dump)
    {
        var plain = new[] { Path.Combine(dump, "mbdump", "release"), Path.Combine(dump, "release") }.FirstOrDefault(File.Exists);
        if (plain is not null)
        {
            foreach (var line in File.ReadLines(plain))
                yield return line;
            yield break;
        }

        var start = new ProcessStartInfo("tar") { RedirectStandardOutput = true, StandardOutputEncoding = Encoding.UTF8 };
        foreach (var argument in new[] { "-xJOf", Path.Combine(dump, "release.tar.xz"), "mbdump/release" })
            start.ArgumentList.Add(argument);
        using var tar = Process.Start(start)!;
        while (tar.StandardOutput.ReadLine() is { } line)
            yield return line;
        tar.WaitForExit();
        if (tar.ExitCode != 0)
            throw new InvalidDataException($"{Path.Combine(dump, "release.tar.xz")} cannot be read");
    }
}
