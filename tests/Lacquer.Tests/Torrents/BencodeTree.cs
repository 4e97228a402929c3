using System.Text;
using Lacquer.Formats.Torrents;

namespace Lacquer.Tests.Torrents;

/// <summary>A bencoded value that a test can change: long, byte[], List of object, Dictionary from Latin-1 text to object.</summary>
internal static class BencodeTree
{
    public static Dictionary<string, object> Read(byte[] bytes)
    {
        var reader = new BencodeReader(bytes);
        return (Dictionary<string, object>)Read(ref reader);
    }

    public static byte[] Write(object value)
    {
        var writer = new BencodeWriter();
        Write(writer, value);
        return writer.ToArray();
    }

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>Every list and dictionary within, itself included.</summary>
    public static IEnumerable<object> Containers(object value) => value switch
    {
        List<object> list => list.SelectMany(Containers).Prepend(list),
        Dictionary<string, object> dictionary => dictionary.Values.SelectMany(Containers).Prepend(dictionary),
        _ => [],
    };

    private static object Read(ref BencodeReader reader)
    {
        switch (reader.Next)
        {
            case BencodeKind.Number:
                return reader.ReadInteger();
            case BencodeKind.List:
                var list = new List<object>();
                reader.EnterList();
                while (reader.ReadItem())
                    list.Add(Read(ref reader));
                return list;
            case BencodeKind.Dictionary:
                var dictionary = new Dictionary<string, object>();
                reader.EnterDictionary();
                while (reader.ReadKey(out var key))
                    dictionary.Add(Encoding.Latin1.GetString(key), Read(ref reader));
                return dictionary;
            default:
                return reader.ReadString().ToArray();
        }
    }

    private static void Write(BencodeWriter writer, object value)
    {
        switch (value)
        {
            case long number:
                writer.WriteInteger(number);
                break;
            case byte[] bytes:
                writer.WriteString(bytes);
                break;
            case List<object> list:
                writer.StartList();
                list.ForEach(item => Write(writer, item));
                writer.End();
                break;
            case Dictionary<string, object> dictionary:
                writer.StartDictionary();
                foreach (var (key, item) in dictionary.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                {
                    writer.WriteKey(Encoding.Latin1.GetBytes(key));
                    Write(writer, item);
                }

                writer.End();
                break;
            default:
                throw new InvalidOperationException(value.GetType().Name);
        }
    }
}
