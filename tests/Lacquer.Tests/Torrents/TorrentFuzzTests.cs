using Lacquer.Formats.Identity;
using Lacquer.Formats.Torrents;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Torrents;

/// <summary>Torrents as strangers may have written them: bytes that are no bencode any more, and bencode that says something else. <c>LACQUER_FUZZ=N</c> sets how many there are.</summary>
public sealed class TorrentFuzzTests
{
    [Fact]
    public void Changed_torrents_are_read_or_refused_and_never_worse()
    {
        byte[][] originals =
        [
            .. new[] { "v1", "v2", "hybrid" }.Select(form => TorrentReaderTests.Vector(form + ".torrent")),
            .. Enum.GetValues<TorrentForm>().Select(form => HybridTorrent.Build("v", HybridTorrentTests.PieceLengthBytes, HybridTorrentTests.Files())
                .ToBytes(form, new TorrentEnvelope(["http://a/"], ["http://b/", "http://c/"]) { Collection = "all", Similar = new InfoHashV1(new byte[20]) }).ToArray()),
        ];
        Fuzz.Run(24_000, random =>
        {
            var original = originals[random.Next(originals.Length)];
            return random.Next(2) == 0 ? ChangeBytes(original, random) : ChangeTree(original, random);
        }, bytes => TorrentReader.Parse(bytes));
    }

    private static byte[] ChangeBytes(byte[] original, Random random)
    {
        var changed = original.ToList();
        for (var changes = random.Next(1, 4); changes > 0; changes--)
        {
            var at = random.Next(changed.Count);
            switch (random.Next(6))
            {
                case 0: changed[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: changed[at] = (byte)"0123456789:-ilde"[random.Next(16)]; break;
                case 2: changed.RemoveRange(at, Math.Min(random.Next(1, 40), changed.Count - at)); break;
                case 3: changed.Insert(at, (byte)"0123456789:-ilde"[random.Next(16)]); break;
                case 4: changed.InsertRange(at, changed.GetRange(at, Math.Min(random.Next(1, 80), changed.Count - at))); break;
                default: changed.RemoveRange(at, changed.Count - at); break;
            }

            if (changed.Count == 0)
                break;
        }

        return [.. changed];
    }

    // Well-formed bencode that says something else.
    private static byte[] ChangeTree(byte[] original, Random random)
    {
        var tree = BencodeTree.Read(original);
        for (var changes = random.Next(1, 4); changes > 0; changes--)
        {
            var containers = BencodeTree.Containers(tree).ToArray();
            switch (containers[random.Next(containers.Length)])
            {
                case List<object> { Count: > 0 } list:
                    var index = random.Next(list.Count);
                    if (random.Next(4) == 0)
                        list.RemoveAt(index);
                    else if (random.Next(4) == 0)
                        list.Insert(index, list[random.Next(list.Count)]);
                    else
                        list[index] = Other(list[index], random);
                    break;
                case Dictionary<string, object> { Count: > 0 } dictionary:
                    var key = dictionary.Keys.ElementAt(random.Next(dictionary.Count));
                    var value = dictionary[key];
                    if (random.Next(3) == 0)
                        dictionary.Remove(key);
                    if (random.Next(4) == 0)
                        dictionary[key.Length > 1 && random.Next(2) == 0 ? key[1..] : key + (char)random.Next(256)] = value;
                    else
                        dictionary[key] = Other(value, random);
                    break;
            }
        }

        return BencodeTree.Write(tree);
    }

    private static object Other(object value, Random random)
    {
        long[] numbers = [0, 1, -1, 2, 3, 16384, 32768, 65536, long.MaxValue, long.MinValue, long.MaxValue - 32768, 1L << 40];
        switch (value)
        {
            case long number:
                return random.Next(3) == 0 ? unchecked(number + random.Next(-2, 3)) : numbers[random.Next(numbers.Length)];
            case byte[] bytes when random.Next(10) > 0:
                var other = bytes.ToArray();
                if (other.Length > 0 && random.Next(2) == 0)
                    other[random.Next(other.Length)] = (byte)random.Next(256);
                else
                    Array.Resize(ref other, Math.Max(0, other.Length + random.Next(-32, 33)));
                return other;
            case byte[]:
                return random.NextInt64();
            default:
                return random.Next(5) == 0 ? random.NextInt64() : value;
        }
    }
}
