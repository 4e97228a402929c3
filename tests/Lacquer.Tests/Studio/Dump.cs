using System.Diagnostics;
using System.Formats.Tar;
using System.Globalization;
using System.Text;

namespace Lacquer.Tests.Studio;

/// <summary>Makes MusicBrainz JSON dumps, good and bad.</summary>
internal static class Dump
{
    public const string Timestamp = "2026-05-23 00:10:02.000000+00";

    /// <summary>A recording as a dump has it, with parts that are not CC0 among others.</summary>
    public static string Recording(int number, params string[] isrcs) =>
        $$$"""{"tags":[{"count":1,"name":"rock"}],"id":"{{{Mbid(number)}}}","title":"Piece {{{number}}} — Ünïcode","rating":{"value":4,"votes-count":2},"isrcs":[{{{string.Join(',', isrcs.Select(i => $"\"{i}\""))}}}],"length":{{{1000 * number}}},"annotation":null,"relations":[{"type":"x","work":{"genres":[],"title":"W"}}],"genres":[{"name":"rock"}]}""";

    /// <summary>The same without them.</summary>
    public static string RecordingLeft(int number, params string[] isrcs) =>
        $$$"""{"id":"{{{Mbid(number)}}}","title":"Piece {{{number}}} — Ünïcode","isrcs":[{{{string.Join(',', isrcs.Select(i => $"\"{i}\""))}}}],"length":{{{1000 * number}}},"relations":[{"type":"x","work":{"title":"W"}}]}""";

    public static string Mbid(int number) => $"00000000-0000-4000-8000-{number.ToString("x12", CultureInfo.InvariantCulture)}";

    /// <summary>An archive like MusicBrainz' own.</summary>
    public static string Write(string path, string entity, IEnumerable<string> lines, string schema = "1\n") =>
        WriteTar(path, tar =>
        {
            Add(tar, "TIMESTAMP", Timestamp + "\n");
            Add(tar, "COPYING", "CC0\n");
            Add(tar, "JSON_DUMPS_SCHEMA_NUMBER", schema);
            Add(tar, "mbdump/" + entity, string.Concat(lines.Select(l => l + "\n")));
        });

    /// <summary>A tar archive in XZ of whatever is put into it.</summary>
    public static string WriteTar(string path, Action<TarWriter> fill, TarEntryFormat format = TarEntryFormat.Gnu)
    {
        using var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, format, leaveOpen: true))
            fill(tar);
        return Pack(path, bytes.ToArray());
    }

    public static void Add(TarWriter tar, string name, string text) => Add(tar, name, Encoding.UTF8.GetBytes(text));

    public static void Add(TarWriter tar, string name, byte[] bytes)
    {
        TarEntry entry = tar.Format == TarEntryFormat.Pax ? new PaxTarEntry(TarEntryType.RegularFile, name) : new GnuTarEntry(TarEntryType.RegularFile, name);
        entry.ModificationTime = DateTimeOffset.UnixEpoch;
        entry.DataStream = new MemoryStream(bytes);
        tar.WriteEntry(entry);
    }

    /// <summary>Bytes in XZ.</summary>
    public static string Pack(string path, byte[] bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path + ".raw", bytes);
        using var process = Process.Start(new ProcessStartInfo("sh", ["-c", "xz -1 -c < \"$1\" > \"$2\"", "sh", path + ".raw", path]))!;
        process.WaitForExit();
        File.Delete(path + ".raw");
        return process.ExitCode == 0 ? path : throw new InvalidOperationException($"xz ended with {process.ExitCode}");
    }
}
