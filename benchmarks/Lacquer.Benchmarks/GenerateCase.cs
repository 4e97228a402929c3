using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Identity;

namespace Lacquer.Benchmarks;

/// <summary>
/// Writes the synthetic accessions and nothing else, and says of what shape they are by reading them again: whether each line is where the truth has it, tracks a release, releases an artist, tracks an ISRC,
/// popularity. Reading again is slow on purpose (a document for each line, all codes in memory) and so left out above two million tracks. Scale 1 is a million tracks.
/// </summary>
internal static class GenerateCase
{
    private const long MostChecked = 2_000_000;

    public static int Run(BenchRequest request)
    {
        var tracks = (long)(request.ScaleOr(1) * 1_000_000);
        var folder = request.Keep ?? Directory.CreateTempSubdirectory("lacquer-bench-").FullName;
        try
        {
            if (!Disk.HasRoom(folder, SyntheticMusic.ExpectedBytes(tracks)))
                return 14;
            var there = SyntheticMusic.Read(folder)?.Asked == tracks;
            var watch = Stopwatch.StartNew();
            var set = SyntheticMusic.Write(folder, tracks, done => Console.Error.Write($"\rgenerating {done} of {tracks} tracks"));
            Console.Error.WriteLine(there ? $"{folder} has them already" : "");
            var figures = new Figures("generate");
            figures.Add("tracks", set.Tracks, "tracks, synthetic");
            figures.Add("recordings", set.Recordings, "recordings in truth");
            if (!there)
                figures.Add("generated_tracks_per_second", set.Tracks / watch.Elapsed.TotalSeconds, "tracks/s generated");
            figures.Add("json_bytes_per_track", set.Sources.Sum(source => source.Bytes) / (double)set.Tracks, "bytes of JSON a track");
            figures.Add("accession_bytes_per_track", set.Sources.Sum(source => source.LengthBytes) / (double)set.Tracks, "bytes a track, compressed");
            if (set.Tracks <= MostChecked)
                Check(set, folder, figures);
            figures.Print();
            return 0;
        }
        finally
        {
            if (request.Keep is null)
                Directory.Delete(folder, recursive: true);
        }
    }

    private static void Check(SyntheticSet set, string folder, Figures figures)
    {
        long releases = 0, feedTracks = 0, invalid = 0, coded = 0, credited = 0, features = 0;
        Dictionary<long, HashSet<uint>> byIsrc = [];
        HashSet<string> artists = [];
        Dictionary<uint, long> listens = [];
        foreach (var source in set.Sources)
        {
            using var reader = AccessionReader.Open(source.Accession(folder));
            using var truth = new TruthReader(source.Truth(folder));
            var records = 0L;
            foreach (var line in reader.Lines())
            {
                records++;
                if (!truth.Read() || truth.Offset != line.Offset)
                    throw new InvalidDataException($"the truth of {source.Name} has no line at {line.Offset}");
                using var json = JsonDocument.Parse(line.Line);
                if (json.RootElement.GetProperty("entity").GetString() != "release")
                    continue;
                releases++;
                var record = json.RootElement.GetProperty("record");
                foreach (var credit in record.GetProperty("artist-credit").EnumerateArray())
                    artists.Add(credit.GetProperty("artist").GetProperty("name").GetString()!);
                var next = 0;
                foreach (var medium in record.GetProperty("media").EnumerateArray())
                {
                    if (medium.GetProperty("tracks").GetArrayLength() != truth.Media[medium.GetProperty("position").GetInt32() - 1])
                        throw new InvalidDataException($"the truth of {source.Name} has other media at {line.Offset}");
                    foreach (var track in medium.GetProperty("tracks").EnumerateArray())
                    {
                        var recording = truth.Recordings[next++];
                        listens.TryAdd(recording, 0);
                        if (track.TryGetProperty("listens", out var count))
                            listens[recording] = count.GetInt64();
                        feedTracks += source.Number == 1 ? 1 : 0;
                        credited += track.TryGetProperty("artist-credit", out var names) && names.GetArrayLength() > 1 ? 1 : 0;
                        features += track.GetProperty("recording").TryGetProperty("features", out _) ? 1 : 0;
                        foreach (var code in track.GetProperty("recording").GetProperty("isrcs").EnumerateArray())
                        {
                            if (!Isrc.TryParse(code.GetString(), out var isrc))
                            {
                                invalid++;
                                continue;
                            }

                            coded++;
                            if (!byIsrc.TryGetValue(isrc.Packed, out var claimants))
                                byIsrc[isrc.Packed] = claimants = [];
                            claimants.Add(recording);
                        }
                    }
                }
            }

            if (records != source.Records || truth.Read())
                throw new InvalidDataException($"{source.Name} has {records} lines, not {source.Records}");
            // One record by its place, as the catalogue would ask for it.
            reader.Record(reader.Lines().First().Offset);
        }

        var most = listens.Values.Max();
        var popularity = listens.Values.Select(count => count == 0 ? 0 : (int)(100 * Math.Log(1 + count) / Math.Log(1 + most))).ToList();
        figures.Add("releases", releases, "releases");
        figures.Add("tracks_per_release", set.Tracks / (double)releases, "tracks a release");
        figures.Add("releases_per_artist", releases / (double)artists.Count, "releases an artist's name");
        figures.Add("tracks_per_isrc", set.Tracks / (double)byIsrc.Count, "tracks an ISRC");
        figures.Add("share_musicbrainz", 1 - feedTracks / (double)set.Tracks, "share of the tracks that the second source has");
        figures.Add("share_isrc", coded / (double)set.Tracks, "share of the tracks with an ISRC");
        figures.Add("share_isrc_invalid", invalid / (double)set.Tracks, "share of the tracks with a code that is none");
        figures.Add("share_isrc_claimed_twice", byIsrc.Values.Count(claimants => claimants.Count > 1) / (double)byIsrc.Count, "share of the ISRCs that two recordings claim");
        figures.Add("share_two_artists", credited / (double)set.Tracks, "share of the tracks by two artists");
        figures.Add("share_features", features / (double)set.Tracks, "share of the tracks with audio features");
        figures.Add("share_unheard", listens.Values.Count(count => count == 0) / (double)listens.Count, "share of the recordings that nobody listened to");
        for (var step = 0; step < 100; step += 10)
            figures.Add(string.Create(CultureInfo.InvariantCulture, $"popularity_{step}"), 100.0 * popularity.Count(value => value / 10 * 10 == step) / popularity.Count, $"popularity from {step}: % of the recordings");
        figures.Add("popularity_100", popularity.Count(value => value == 100), "popularity 100: recordings");
    }
}
